"""What EasyEcom may have done: looked up, compared, and settled by evidence or by a person."""
